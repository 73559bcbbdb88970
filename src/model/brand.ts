/** Types that say which check a value has passed. */
declare const brand: unique symbol;
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Types that are never taken for each other, though a plain value fits either. */
export type Kind<T, Name extends string> = T & { readonly [brand]?: Name };
